package virtual

import (
	"strings"

	"github.com/outrider-web/outrider/internal/quant"
)

// Types determines the type of each matrix. Norms and routers are always F32.
type Types struct {
	Name string
	of   func(layer int, name string) quant.Type
}

// AllTypes returns the available types, in the order in which they are listed.
func AllTypes() []Types { return []Types{UDQ2KXL(), Uniform(quant.Q4_K)} }

// Uniform returns one type for all matrices.
func Uniform(t quant.Type) Types {
	return Types{strings.ToLower(t.String()), func(int, string) quant.Type { return t }}
}

// UDQ2KXL returns the types of the published UD-Q2_K_XL file of Scout (docs/spec/llama4.md §8.1): 42,578,608,896
// bytes of tensors. The feed-forward of a dense layer has the types of the shared expert.
func UDQ2KXL() Types { return Types{"ud-q2_k_xl", udQ2KXL} }

func udQ2KXL(layer int, name string) quant.Type {
	switch name {
	case "output", "ffn_down_shexp", "ffn_down":
		return quant.Q6_K
	case "ffn_gate_exps", "ffn_up_exps":
		return quant.Q2_K
	case "ffn_down_exps":
		if layer >= 6 {
			return quant.Q3_K
		}
	}
	return quant.Q4_K
}
