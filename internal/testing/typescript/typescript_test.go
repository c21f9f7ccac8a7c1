package typescript

import (
	"os"
	"path/filepath"
	"reflect"
	"testing"
)

const sample = `// a comment
export type Kind = "a" | "b";

export interface Base {
  /** Bytes; of all: */
  size: number;
}

export interface Derived extends Base {
  kind: Kind; // not b
  list?: Base[] | null;
  nested: { index: 0; delta: { content?: string } }[];
  read(id: string, options: { a: number; b: number }): Promise<void>;
}
`

func TestInterfacesAndUnionsAreRead(t *testing.T) {
	path := filepath.Join(t.TempDir(), "sample.ts")
	if err := os.WriteFile(path, []byte(sample), 0o600); err != nil {
		t.Fatal(err)
	}
	source, err := Read(path)
	if err != nil {
		t.Fatal(err)
	}
	got, err := source.Interface("Derived")
	want := Interface{
		"size": {Type: "number"}, "kind": {Type: "Kind"}, "list": {Type: "Base[] | null", Optional: true},
		"nested": {Type: "{ index: 0; delta: { content?: string } }[]"}, "read": {Type: "method"},
	}
	if err != nil || !reflect.DeepEqual(got, want) {
		t.Errorf("%v\n got %v\nwant %v", err, got, want)
	}
	if kinds, err := source.Union("Kind"); err != nil || !reflect.DeepEqual(kinds, []string{"a", "b"}) {
		t.Errorf("%v, %v", kinds, err)
	}
	if _, err := source.Interface("Other"); err == nil {
		t.Error("an interface that is not there is found")
	}
}
