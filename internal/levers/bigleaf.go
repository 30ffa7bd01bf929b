package levers

var bigleaf = Lever{
	Name:    "bigleaf",
	What:    "fast printing of decimal numbers of more than 500 bits",
	Relies:  "no number of that length is printed; it would be slower, not wrong",
	MadeFor: []string{"go1.26"},
	Edits: []Edit{
		{File: "math/big/natconv.go", Old: "table := divisors(stk, len(x), b, ndigits, bb)", New: "var table []divisor"},
		{File: "math/big/natconv.go", Old: `	if table != nil {
		// len(q) > leafSize > 0`, New: `	if false {
		// len(q) > leafSize > 0`},
	},
}
