package virtual

import (
	"strings"

	"github.com/outrider-web/outrider/internal/quant"
)

// Types says of which type each matrix is. Norms and routers are F32 always.
type Types struct {
	Name string
	of   func(layer int, name string) quant.Type
}

// AllTypes are the choices of types, in the order in which to show them.
func AllTypes() []Types { return []Types{UDQ2KXL(), Uniform(quant.Q4_K)} }

// Uniform is one type for every matrix.
func Uniform(t quant.Type) Types {
	return Types{strings.ToLower(t.String()), func(int, string) quant.Type { return t }}
}

// UDQ2KXL are the types of the published UD-Q2_K_XL file of Scout (§8.1): 42,578,608,896 bytes of tensors. A dense
// layer's feed-forward has those of the shared expert.
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
