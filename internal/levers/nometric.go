package levers

var nometric = Lever{
	Name:    "nometric",
	What:    "GODEBUG counters for runtime/metrics",
	Relies:  "nothing here imports runtime/metrics",
	MadeFor: []string{"go1.26"},
	Absent: []string{
		"runtime/metrics",
	},
	Edits: []Edit{
		{File: "internal/godebug/godebug.go", Old: `	registerMetric("/godebug/non-default-behavior/"+s.Name()+":events", s.nonDefault.Load)
`, New: ""},
	},
	Fails: []string{"internal/godebug.TestMetrics"},
}
