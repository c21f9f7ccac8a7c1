package main

import (
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
)

// embeddable maps the scripts for pages of other people to their entry points. They are at the root of the site, and
// their names do not change from one version to the next. Each exports what an asset exports.
var embeddable = map[string]string{
	"embed.js":      "web/src/embed/client.ts",
	"outrider.js":   "web/src/client/index.ts",
	"scout-chat.js": "web/src/element/define.ts",
}

// buildEmbeddable bundles the scripts that other pages import. The workers are those of the page.
func (b *bundle) buildEmbeddable() (string, error) {
	detail := ""
	for _, name := range slices.Sorted(maps.Keys(embeddable)) {
		code, err := b.bundleFile(embeddable[name])
		if err != nil {
			return "", err
		}
		file, err := b.write(strings.TrimSuffix(name, ".js"), ".js", code)
		if err != nil {
			return "", err
		}
		export := fmt.Sprintf("export * from \"./assets/%s\";\n", file)
		if err := os.WriteFile(filepath.Join(siteDir, name), []byte(export), 0o644); err != nil {
			return "", err
		}
		detail += fmt.Sprintf("%s, %s  ", name, bytesText(len(code)))
	}
	return detail, nil
}
