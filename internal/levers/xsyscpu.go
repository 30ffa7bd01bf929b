package levers

var xsyscpu = Lever{
	Name:    "xsyscpu",
	What:    "the switches of golang.org/x/sys/cpu that GODEBUG=cpu.* sets",
	Relies:  "they are for tests of that package",
	MadeFor: []string{"go1.26"},
	Edits: []Edit{
		{File: "vendor/golang.org/x/sys/cpu/cpu.go", Old: `	archInit()
	initOptions()
	processOptions()
`, New: `	archInit()
`},
	},
}
