package main

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"

	"github.com/evanw/esbuild/pkg/api"
)

const nanoDir = "models/nano"

// nanoFiles is the model inside the site, as scripts import it from "model:nano".
type nanoFiles struct {
	URL    string `json:"url"`
	MMProj string `json:"mmproj"`
	Bytes  int    `json:"bytes"` // both files
}

// buildNano puts Nano's two files among the assets, so that the page talks and sees before anything else is downloaded.
func (b *bundle) buildNano() (detail string, err error) {
	if b.nano.URL, err = b.nanoFile("nano"); err != nil {
		return "", err
	}
	if b.nano.MMProj, err = b.nanoFile("nano-mmproj"); err != nil {
		return "", err
	}
	return fmt.Sprintf("%s, %s", b.nano.URL, bytesText(b.nano.Bytes)), nil
}

func (b *bundle) nanoFile(name string) (url string, err error) {
	data, err := os.ReadFile(filepath.Join(nanoDir, name+".gguf"))
	if err != nil {
		return "", err
	}
	b.nano.Bytes += len(data)
	return writeAsset(name, ".gguf", data)
}

// nanoModel answers `import nano from "model:nano"`.
func (b *bundle) nanoModel() api.Plugin {
	return api.Plugin{Name: "model", Setup: func(build api.PluginBuild) {
		build.OnResolve(api.OnResolveOptions{Filter: `^model:nano$`}, func(api.OnResolveArgs) (api.OnResolveResult, error) {
			return api.OnResolveResult{Path: "nano", Namespace: "model"}, nil
		})
		build.OnLoad(api.OnLoadOptions{Filter: `.*`, Namespace: "model"}, func(api.OnLoadArgs) (api.OnLoadResult, error) {
			description, err := json.Marshal(b.nano)
			contents := string(description)
			return api.OnLoadResult{Contents: &contents, Loader: api.LoaderJSON}, err
		})
	}}
}
