package wire

import (
	"reflect"
	"testing"
)

func TestTreeNamesFieldsAsTypeScriptDoes(t *testing.T) {
	paging := &PagingStats{Decode: PagingCounts{Hits: 3}}
	stats := Tree(EngineStats{HeapBytes: 7, Tokens: []int32{1, 2}, TokensPerSecond: 0.5, Paging: paging}).(map[string]any)
	for name, want := range map[string]any{
		"heapBytes": int64(7), "tokens": []any{int64(1), int64(2)}, "tokensPerSecond": 0.5, "tiles": int64(0),
	} {
		if !reflect.DeepEqual(stats[name], want) {
			t.Errorf("%s is %#v, want %#v", name, stats[name], want)
		}
	}
	if hits := stats["paging"].(map[string]any)["decode"].(map[string]any)["hits"]; hits != int64(3) {
		t.Errorf("hits are %v", hits)
	}
}

func TestTreeOfNothing(t *testing.T) {
	if got := Tree(EngineStats{}).(map[string]any); got["paging"] != nil || !reflect.DeepEqual(got["tokens"], []any{}) {
		t.Errorf("paging %v, tokens %#v, want null and an empty list", got["paging"], got["tokens"])
	}
	if got := Tree([]StoredModel(nil)); !reflect.DeepEqual(got, []any{}) {
		t.Errorf("no models are %#v", got)
	}
	var model *LoadedModel
	if got := Tree(model); got != nil {
		t.Errorf("no model is %#v", got)
	}
}

func TestReadTakesWhatIsThere(t *testing.T) {
	options := PreflightSettings{Paging: Paging{Policy: "lfu"}, MeasureFrom: 5}
	Read(map[string]any{"paging": map[string]any{"slots": 3.0, "prefetch": true, "policy": 7.0}, "other": 1.0}, &options)
	want := PreflightSettings{Paging: Paging{Slots: 3, Prefetch: true, Policy: "lfu"}, MeasureFrom: 5}
	if options != want {
		t.Errorf("%+v, want %+v", options, want)
	}
	if Read(nil, &options); options != want {
		t.Errorf("after nothing: %+v", options)
	}
	var file StoredFile
	Read(map[string]any{"chunks": []any{1.0, 2.0}, "size": 3.0}, &file)
	if !reflect.DeepEqual(file, StoredFile{Size: 3, Chunks: []int{1, 2}}) {
		t.Errorf("%+v", file)
	}
}

// What Tree makes, Read reads: the numbers of a tree come back from JavaScript as float64.
func TestReadIsTheInverseOfTree(t *testing.T) {
	want := StoredFile{
		ID: "a", Kind: "opfs", Name: "b", Size: 1 << 40, Validator: "c", Chunks: []int{0, 2}, Hashes: []string{"ab"},
	}
	var got StoredFile
	Read(throughJavaScript(Tree(want)), &got)
	if !reflect.DeepEqual(got, want) {
		t.Errorf("%+v, want %+v", got, want)
	}
}

func throughJavaScript(tree any) any {
	switch v := tree.(type) {
	case int64:
		return float64(v)
	case []any:
		for i := range v {
			v[i] = throughJavaScript(v[i])
		}
	case map[string]any:
		for name := range v {
			v[name] = throughJavaScript(v[name])
		}
	}
	return tree
}
