package levers

var notrace = Lever{
	Name:    "notrace",
	What:    "the runtime's execution traces",
	Relies:  "nothing here imports runtime/trace",
	MadeFor: []string{"go1.26"},
	Absent: []string{
		"runtime/trace",
	},
	Edits: []Edit{
		{File: "runtime/traceruntime.go", Old: `	return trace.enabled
`, New: `	return false
`},
		{File: "runtime/traceruntime.go", Old: `	return trace.enabledWithAllocFree
`, New: `	return false
`},
		{File: "runtime/traceruntime.go", Old: `	return trace.shutdown.Load()
`, New: `	return false
`},
		{File: "runtime/traceruntime.go", Old: `	return tl.gen != 0
`, New: `	return false
`},
	},
}
