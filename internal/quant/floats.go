package quant

// Float says where each block of a type has a floating-point number: a scale, a minimum or the weight itself.
type Float struct {
	At   int    // offset in the block of the two bytes that contain the exponent, little-endian
	Mask uint16 // the bits of the exponent in them; if all are set, the number is infinite or not a number
}

const (
	exponentF16 = 0x7C00
	exponentF32 = 0x7F80 // of the upper half of an F32, which is a BF16
)

var floats = map[Type][]Float{
	F32: {{2, exponentF32}}, BF16: {{0, exponentF32}}, F16: {{0, exponentF16}},
	Q4_0: {{0, exponentF16}}, Q4_1: {{0, exponentF16}, {2, exponentF16}}, Q8_0: {{0, exponentF16}},
	Q5_0: {{0, exponentF16}}, Q5_1: {{0, exponentF16}, {2, exponentF16}},
	IQ4_NL: {{0, exponentF16}}, IQ4_XS: {{0, exponentF16}},
	Q2_K: {{80, exponentF16}, {82, exponentF16}}, Q3_K: {{108, exponentF16}},
	Q4_K: {{0, exponentF16}, {2, exponentF16}}, Q5_K: {{0, exponentF16}, {2, exponentF16}}, Q6_K: {{208, exponentF16}},
}

// Floats returns the floating-point numbers of a block, in their order; none if the type is not known or has none.
// Blocks of which one is infinite or not a number are not those of a model.
func (t Type) Floats() []Float { return floats[t] }
