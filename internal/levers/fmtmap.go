package levers

var fmtmap = Lever{
	Name:    "fmtmap",
	What:    "the order of maps printed by fmt",
	Relies:  "nothing here prints a map",
	MadeFor: []string{"go1.26"},
	Edits: []Edit{
		{File: "fmt/print.go", Old: `		sorted := fmtsort.Sort(f)
		for i, m := range sorted {
			if i > 0 {`, New: `		for i, it := 0, f.MapRange(); it.Next(); i++ {
			if i > 0 {`},
		{File: "fmt/print.go", Old: "p.printValue(m.Key, verb", New: "p.printValue(it.Key(), verb"},
		{File: "fmt/print.go", Old: "p.printValue(m.Value, verb", New: "p.printValue(it.Value(), verb"},
		{File: "fmt/print.go", Old: `	"internal/fmtsort"
`, New: ""},
	},
	Fails: []string{"fmt.Example_formats", "fmt.TestSprintf"},
}
