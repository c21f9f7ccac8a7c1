package device

import "testing"

func TestHandlesUseNumbersAgain(t *testing.T) {
	var x handles[string]
	a, b := x.add("a"), x.add("b")
	x.remove(a)
	if c := x.add("c"); c != a || x.items[c] != "c" || x.items[b] != "b" {
		t.Errorf("%d %v", c, x.items)
	}
}
