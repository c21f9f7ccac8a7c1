package main

import (
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path"
	"path/filepath"
	"regexp"
	"strings"
)

// typesDir has the declarations of the npm package.
const typesDir = pkgDir + "/types"

// buildTypes writes the declarations of the package with TypeScript's compiler. Those that no entry point imports are
// deleted, and what they use of Lit is declared in a file of their own, because the package has no dependencies.
func buildTypes() (string, error) {
	cmd := exec.Command("npx", "tsc", "-p", "web/package/tsconfig.json")
	cmd.Stdout, cmd.Stderr = os.Stderr, os.Stderr
	if err := cmd.Run(); err != nil {
		return "", err
	}
	lit, err := os.ReadFile("web/package/lit.d.ts")
	if err != nil {
		return "", err
	}
	if err := os.WriteFile(filepath.Join(typesDir, "lit.d.ts"), lit, 0o644); err != nil {
		return "", err
	}
	used := map[string]bool{"lit.d.ts": true}
	for _, entry := range []string{"client/index.d.ts", "element/index.d.ts", "element/define.d.ts", "embed/client.d.ts"} {
		if err := followTypes(entry, used); err != nil {
			return "", err
		}
	}
	return fmt.Sprintf("%d files", len(used)), deleteUnused(used)
}

// declarationImport matches where a declaration imports from.
var declarationImport = regexp.MustCompile(`(?:from |import\(|import )"([^"]+)"`)

// followTypes adds a file and all that it imports to used, and makes the imports of Lit relative.
func followTypes(file string, used map[string]bool) error {
	if used[file] {
		return nil
	}
	used[file] = true
	name := filepath.Join(typesDir, filepath.FromSlash(file))
	data, err := os.ReadFile(name)
	if err != nil {
		return err
	}
	up := strings.Repeat("../", strings.Count(file, "/"))
	text := strings.ReplaceAll(string(data), `"lit"`, `"`+up+`lit.js"`)
	for _, match := range declarationImport.FindAllStringSubmatch(text, -1) {
		if !strings.HasPrefix(match[1], ".") {
			return fmt.Errorf("%s imports the types of %s, which users of the package do not have", file, match[1])
		}
		target := strings.TrimSuffix(path.Join(path.Dir(file), match[1]), ".js") + ".d.ts"
		if err := followTypes(target, used); err != nil {
			return err
		}
	}
	return os.WriteFile(name, []byte(text), 0o644)
}

// deleteUnused deletes the declarations that are not in used, and folders that are empty then.
func deleteUnused(used map[string]bool) error {
	var dirs []string
	err := filepath.WalkDir(typesDir, func(name string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			dirs = append(dirs, name)
			return err
		}
		rel, err := filepath.Rel(typesDir, name)
		if err != nil || used[filepath.ToSlash(rel)] {
			return err
		}
		return os.Remove(name)
	})
	for i := len(dirs) - 1; i >= 0; i-- {
		os.Remove(dirs[i]) // fails if it is not empty
	}
	return err
}
