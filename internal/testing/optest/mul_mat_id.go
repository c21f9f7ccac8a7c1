package optest

import (
	"fmt"
	"slices"

	"github.com/outrider-web/outrider/internal/ops"
	"github.com/outrider-web/outrider/internal/quant"
)

// productID is the shapes of an ops.ProductID.
type productID struct {
	routing
	types     []quant.Type
	hidden    int
	rows      []int // of each matrix
	perChoice bool
	of        chooser // nil stands for random choices
	numSlots  int     // 0 stands for one slot for each expert, in order
}

// String returns the shapes, as the name of a case.
func (p productID) String() string {
	of := ""
	if p.of != nil {
		of = " unevenly"
	}
	per := ""
	if p.perChoice {
		per = " per choice"
	}
	slots := ""
	if p.numSlots > 0 {
		slots = fmt.Sprintf(" slots=%d", p.numSlots)
	}
	return fmt.Sprintf("%v×%v hidden=%d %v%s%s%s", p.types, p.rows, p.hidden, p.routing, per, of, slots)
}

// mulMatID returns cases of every type, and cases of shapes that a kernel may get wrong.
func mulMatID() []Case {
	var all []Case
	for _, p := range slices.Concat(productIDTypes(), productIDGroups(), productIDSlots()) {
		all = append(all, p.product())
	}
	for _, n := range []int{32, 256} {
		q := []quant.Type{quant.Q4_K, quant.Q4_K}
		p := productID{routing: routing{16, 1, n}, types: q, hidden: 512, rows: []int{256, 256}}
		c := p.product()
		c.Bytes = p.bytes()
		all = append(all, c)
	}
	return all
}

// productIDTypes returns products of every type, stacked with the next one with every number of tokens, and alone.
func productIDTypes() []productID {
	var all []productID
	for i, t := range weightTypes {
		two := []quant.Type{t, weightTypes[(i+1)%len(weightTypes)]}
		for j, n := range moeTokenCounts {
			r := routing{[]int{16, 4, 128}[(i+j)%3], 1 + (i+j/2)%3, n}
			all = append(all, productID{routing: r, types: two, hidden: 256, rows: []int{12, 40}, perChoice: i%2 == 0})
		}
		r := routing{16, 1 + i%3, moeTokenCounts[i%len(moeTokenCounts)]}
		all = append(all, productID{routing: r, types: []quant.Type{t}, hidden: max(t.BlockWeights(), 12),
			rows: []int{36}, perChoice: i%2 == 1})
	}
	return all
}

// productIDGroups returns products with empty lists of choices, and with all choices in one list.
func productIDGroups() []productID {
	last := func(int, int) int { return 3 }
	two := func(token, _ int) int { return []int{15, 2}[token/100] }
	floats := []quant.Type{quant.F16, quant.F32}
	return []productID{
		{routing: routing{4, 1, 130}, types: floats, hidden: 60, rows: []int{4, 32}, of: last},
		{routing: routing{16, 1, 130}, types: floats, hidden: 60, rows: []int{68, 4}, of: two},
		{routing: routing{1, 1, 33}, types: floats, hidden: 36, rows: []int{32, 64}, of: func(int, int) int { return 0 }},
		{routing: routing{4, 4, 64}, types: floats, hidden: 36, rows: []int{32, 64}},
	}
}

// productIDSlots returns products with a table of slots in which 15, 11 and none of 16 experts are missing.
func productIDSlots() []productID {
	var all []productID
	for _, numSlots := range []int{1, 5, 16} {
		for _, n := range []int{2, 33, 130} {
			all = append(all, productID{
				routing: routing{numExperts: 16, k: 2, n: n}, types: []quant.Type{quant.Q4_K, quant.Q6_K},
				hidden: 256, rows: []int{12, 40}, perChoice: n == 33, numSlots: numSlots,
			})
		}
	}
	return all
}

// product returns the case of p.
func (p productID) product() Case {
	return Case{Op: "mul_mat_id", Name: p.String(), Limit: productLimit, Call: func(x *Operands) {
		made := p.operands(x, x.chooserOrSpread(p.routing, p.of))
		x.Do(func(o ops.Ops) { o.MulMatID(made) })
	}}
}

// bytes returns the size of the weights of all experts.
func (p productID) bytes() int64 {
	sum := 0
	for i, t := range p.types {
		sum += t.RowBytes(p.hidden) * p.rows[i] * p.numExperts
	}
	return int64(sum)
}

// operands returns an ops.ProductID with random numbers.
func (p productID) operands(x *Operands, of chooser) ops.ProductID {
	made := ops.ProductID{
		Choice: x.choice(p.routing, of, p.numExperts), Groups: x.groups(p.routing, of), PerChoice: p.perChoice,
	}
	numSlots := p.numExperts
	if p.numSlots > 0 {
		numSlots, made.Slots = p.numSlots, x.slots(p.numExperts, p.numSlots)
	}
	total := 0
	for i, t := range p.types {
		made.W = append(made.W, x.Weight(t, p.hidden, p.rows[i], numSlots))
		total += p.rows[i]
	}
	columns := p.n
	if p.perChoice {
		columns *= p.k
	}
	made.X = x.Activations("x", p.hidden, columns)
	made.Dst = x.Output(quant.F32, total, p.n*p.k)
	return made
}
