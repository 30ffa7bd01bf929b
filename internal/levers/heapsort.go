package levers

var heapsort = Lever{
	Name:    "heapsort",
	What:    "pattern-defeating quicksort in slices; heap sort stays",
	Relies:  "nothing here sorts much, or needs equal elements in order",
	MadeFor: []string{"go1.26"},
	Edits: []Edit{
		{File: "slices/sort.go", Old: `	n := len(x)
	pdqsortOrdered(x, 0, n, bits.Len(uint(n)))
`, New: `	heapSortOrdered(x, 0, len(x))
`},
		{File: "slices/sort.go", Old: `	n := len(x)
	pdqsortCmpFunc(x, 0, n, bits.Len(uint(n)), cmp)
`, New: `	heapSortCmpFunc(x, 0, len(x), cmp)
`},
	},
}
