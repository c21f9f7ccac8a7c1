package main

import (
	"fmt"
	"os"
	"path/filepath"

	"github.com/evanw/esbuild/pkg/api"
)

// nanoDir has the files of Nano, the model that is part of the site.
const nanoDir = "models/nano"

// nanoFiles has the names of Nano's files.
type nanoFiles struct {
	model  string
	vision string
	bytes  int // of both files
}

// buildNano writes Nano's model and vision file to the assets, so that the page can answer, also about pictures, before
// any other model is downloaded.
func (b *bundle) buildNano() (detail string, err error) {
	if b.nano.model, err = b.nanoFile("nano"); err != nil {
		return "", err
	}
	if b.nano.vision, err = b.nanoFile("nano-mmproj"); err != nil {
		return "", err
	}
	return fmt.Sprintf("%s, %s", b.nano.model, bytesText(b.nano.bytes)), nil
}

// nanoFile writes one file of Nano to the assets and returns its name.
func (b *bundle) nanoFile(name string) (file string, err error) {
	data, err := os.ReadFile(filepath.Join(nanoDir, name+".gguf"))
	if err != nil {
		return "", err
	}
	b.nano.bytes += len(data)
	return b.write(name, ".gguf", data)
}

// nanoModel resolves `import nano from "model:nano"`.
func (b *bundle) nanoModel() api.Plugin {
	return api.Plugin{Name: "model", Setup: func(build api.PluginBuild) {
		build.OnResolve(api.OnResolveOptions{Filter: `^model:nano$`}, func(api.OnResolveArgs) (api.OnResolveResult, error) {
			return api.OnResolveResult{Path: "nano", Namespace: "model"}, nil
		})
		build.OnLoad(api.OnLoadOptions{Filter: `.*`, Namespace: "model"}, func(api.OnLoadArgs) (api.OnLoadResult, error) {
			contents := fmt.Sprintf("export default {url: %s, mmproj: %s, bytes: %d}",
				assetURL(b.nano.model), assetURL(b.nano.vision), b.nano.bytes)
			return api.OnLoadResult{Contents: &contents, Loader: api.LoaderJS}, nil
		})
	}}
}
