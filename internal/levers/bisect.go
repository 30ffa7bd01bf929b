package levers

var bisect = Lever{
	Name:    "bisect",
	What:    "the toolchain's search for faults by bisection (GODEBUG=...#)",
	Relies:  "only the toolchain sets it",
	MadeFor: []string{"go1.26"},
	Edits: []Edit{
		{File: "internal/godebug/godebug.go", Old: `	if v.bisect != nil && !v.bisect.Stack(&stderr) {
		return ""
	}
`, New: ""},
		{File: "internal/godebug/godebug.go", Old: `							v.bisect, _ = bisect.New(arg[j+1:])
`, New: ""},
		{File: "internal/godebug/godebug.go", Old: `	bisect *bisect.Matcher
`, New: ""},
		{File: "internal/godebug/godebug.go", Old: `	"internal/bisect"
`, New: ""},
	},
	Fails: []string{"internal/godebug.TestCmdBisect"},
}
