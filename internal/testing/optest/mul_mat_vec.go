package optest

import (
	"fmt"
	"strings"

	"github.com/outrider-web/outrider/internal/ops"
	"github.com/outrider-web/outrider/internal/quant"
)

// productLimit is for sums of products in F32, compared with float64. Errors are below 1e-12, and a wrong weight
// causes more than 1e-10.
const productLimit = 1e-11

// product is the shapes of an ops.Product.
type product struct {
	types  []quant.Type
	hidden int
	rows   []int // of each matrix
	n      int
	bias   bool
	add    bool
	small  bool // the f16 scales of weights are below 6e-5, which are subnormal numbers, and zero on some devices
}

// String returns the shapes, as the name of a case.
func (p product) String() string {
	var name strings.Builder
	for i, t := range p.types {
		fmt.Fprintf(&name, "%v×%d ", t, p.rows[i])
	}
	fmt.Fprintf(&name, "hidden=%d n=%d", p.hidden, p.n)
	if p.bias {
		name.WriteString(" bias")
	}
	if p.add {
		name.WriteString(" add")
	}
	if p.small {
		name.WriteString(" small")
	}
	return name.String()
}

// bytes returns the size of the weights, which determines the time of a product with one vector.
func (p product) bytes() int64 {
	sum := 0
	for i, t := range p.types {
		sum += t.RowBytes(p.hidden) * p.rows[i]
	}
	return int64(sum)
}

func (p product) operands(x *Operands) ops.Product {
	var made ops.Product
	total := 0
	deviation := 1.0
	if p.small {
		deviation = 1.0 / 8192
	}
	for i, t := range p.types {
		made.W = append(made.W, x.weight(t, deviation, p.hidden, p.rows[i]))
		if p.bias {
			made.Bias = append(made.Bias, x.Vector("bias", p.rows[i]))
		}
		total += p.rows[i]
	}
	made.X = x.Activations("x", p.hidden, p.n)
	made.Add = p.add
	if p.add {
		made.Dst = x.Sum("dst", total, p.n)
	} else {
		made.Dst = x.Output(quant.F32, total, p.n)
	}
	return made
}

// edgeProducts returns the shapes for n tokens that a kernel may get wrong: each type with rows of several numbers of
// blocks, which leave invocations idle and tiles partly empty; stacked types; bias and sum.
func edgeProducts(n int, widths ...int) []product {
	var all []product
	for _, t := range weightTypes {
		for _, blocks := range widths {
			hidden := blocks * max(t.BlockWeights(), 12)
			all = append(all, product{types: []quant.Type{t}, hidden: hidden, rows: []int{4 + 16*blocks}, n: n})
		}
	}
	for _, t := range []quant.Type{quant.F32, quant.F16, quant.BF16} {
		all = append(all, product{types: []quant.Type{t}, hidden: 588, rows: []int{36}, n: n})
	}
	return append(all,
		product{types: []quant.Type{quant.Q4_K, quant.Q6_K}, hidden: 512, rows: []int{12, 68}, n: n, bias: true},
		product{types: []quant.Type{quant.Q4_1, quant.Q4_1, quant.Q8_0}, hidden: 576, rows: []int{72, 24, 24}, n: n},
		product{types: []quant.Type{quant.F16, quant.F32, quant.BF16}, hidden: 48, rows: []int{4, 100, 8}, n: n,
			bias: true, add: true},
		product{types: []quant.Type{quant.Q4_0}, hidden: 96, rows: []int{132}, n: n, add: true},
		product{types: []quant.Type{quant.Q3_K, quant.Q2_K, quant.Q5_K}, hidden: 256, rows: []int{32, 4, 64}, n: n,
			bias: true},
	)
}

// modelProducts returns the products of a layer of SmolLM2 135M, and a third of its head, for benchmarks.
func modelProducts(n int) []product {
	return []product{
		{types: []quant.Type{quant.Q4_1, quant.Q4_1, quant.Q4_1}, hidden: 576, rows: []int{576, 192, 192}, n: n},
		{types: []quant.Type{quant.Q4_1}, hidden: 1536, rows: []int{576}, n: n, add: true},
		{types: []quant.Type{quant.Q8_0}, hidden: 576, rows: []int{16384}, n: n},
	}
}

func (p product) vec() Case {
	return Case{Op: "mul_mat_vec", Name: p.String(), Limit: productLimit, Bytes: p.bytes(), Call: func(x *Operands) {
		made := p.operands(x)
		x.Do(func(b ops.Ops) { b.MulMatVec(made) })
	}}
}

func mulMatVec() []Case {
	var all []Case
	for _, p := range append(edgeProducts(1, 1, 2, 5), modelProducts(1)...) {
		all = append(all, p.vec())
	}
	for _, t := range weightTypes {
		all = append(all, product{types: []quant.Type{t}, hidden: 256, rows: []int{32}, n: 1, small: true}.vec())
	}
	down := product{types: []quant.Type{quant.Q4_K}, hidden: 2048, rows: []int{1280}, n: 1, add: true}
	return append(all, down.vec()) // the bytes of a Scout-like mul_mat_id_vec
}
