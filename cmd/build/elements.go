package main

import (
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
)

// tag is the name of the element.
const tag = "scout-chat"

// writeElements writes the package's custom-elements.json, which tells editors what <scout-chat> has. It is made from
// the class, its comment, and the lists of docs/api.md.
func writeElements() (string, error) {
	class, err := analyzeClass()
	if err != nil {
		return "", err
	}
	reference := map[string]any{"name": class["name"], "module": "element.js"}
	manifest, err := json.MarshalIndent(map[string]any{
		"schemaVersion": "1.0.0",
		"modules": []any{
			map[string]any{
				"kind": "javascript-module", "path": "element.js", "declarations": []any{class},
				"exports": []any{map[string]any{"kind": "js", "name": class["name"], "declaration": reference}},
			},
			map[string]any{
				"kind": "javascript-module", "path": "define.js",
				"exports": []any{map[string]any{"kind": "custom-element-definition", "name": tag, "declaration": reference}},
			},
		},
	}, "", "  ")
	if err != nil {
		return "", err
	}
	return tag, os.WriteFile(filepath.Join(pkgDir, "custom-elements.json"), append(manifest, '\n'), 0o644)
}

// analyzeClass returns the description of the element's class by the analyzer, without what is private.
func analyzeClass() (map[string]any, error) {
	cmd := exec.Command("npx", "cem", "analyze", "--config", "web/package/custom-elements.config.mjs")
	cmd.Stderr = os.Stderr
	if err := cmd.Run(); err != nil {
		return nil, fmt.Errorf("analyzing <%s>: %w", tag, err)
	}
	data, err := os.ReadFile(filepath.Join(cacheDir, "custom-elements.json"))
	if err != nil {
		return nil, err
	}
	var found struct {
		Modules []struct{ Declarations []map[string]any }
	}
	if err := json.Unmarshal(data, &found); err != nil {
		return nil, err
	}
	if len(found.Modules) != 1 || len(found.Modules[0].Declarations) != 1 {
		return nil, fmt.Errorf("the source of <%s> does not declare exactly one class", tag)
	}
	class := found.Modules[0].Declarations[0]
	class["tagName"] = tag
	class["superclass"] = map[string]any{"name": "HTMLElement"}
	class["members"] = publicMembers(class["members"])
	return class, addLists(class)
}

// addLists adds the parts and the custom properties that docs/api.md lists to the description of a class.
func addLists(class map[string]any) error {
	docs, err := os.ReadFile("docs/api.md")
	if err != nil {
		return err
	}
	class["cssParts"] = listed(string(docs), "Parts for", regexp.MustCompile("`([a-z-]+)`"))
	class["cssProperties"] = listed(string(docs), "Custom properties:", regexp.MustCompile("`(--[a-z-]+)`"))
	return nil
}

// listed returns the names that match pattern in the paragraph with this start.
func listed(docs, start string, pattern *regexp.Regexp) (names []any) {
	_, rest, _ := strings.Cut(docs, "\n"+start)
	paragraph, _, _ := strings.Cut(rest, "\n\n")
	for _, match := range pattern.FindAllStringSubmatch(paragraph, -1) {
		names = append(names, map[string]any{"name": match[1]})
	}
	return names
}

// publicMembers returns the members that are not private.
func publicMembers(members any) (public []any) {
	list, _ := members.([]any)
	for _, member := range list {
		if m, ok := member.(map[string]any); ok && m["privacy"] != "private" {
			public = append(public, member)
		}
	}
	return public
}
