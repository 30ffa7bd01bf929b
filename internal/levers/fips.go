package levers

var fips = Lever{
	Name:    "fips",
	What:    "FIPS 140-3 mode and its self-tests",
	Relies:  "outside of that mode, which GODEBUG=fips140=on begins, none of it runs; here that stops the program at start with a message",
	MadeFor: []string{"go1.26"},
	Absent: []string{
		"crypto/fips140",
	},
	Edits: []Edit{
		{File: "crypto/internal/fips140/fips140.go", Old: `	case "on", "only":
		Enabled = true
	case "debug":
		Enabled = true
		debug = true
`, New: `	case "on", "only", "debug":
		panic("fips140: not in this binary")
`},
		{File: "crypto/internal/fips140/cast.go", Old: `func CAST(name string, f func() error) {
	if strings.ContainsAny(name, ",#=:") {
		panic("fips: invalid self-test name: " + name)
	}
	if !Enabled {
		return
	}

	err := f()
	if name == failfipscast {
		err = errors.New("simulated CAST failure")
	}
	if err != nil {
		fatal("FIPS 140-3 self-test failed: " + name + ": " + err.Error())
		panic("unreachable")
	}
	if debug {
		println("FIPS 140-3 self-test passed:", name)
	}
}
`, New: `func CAST(name string, f func() error) {}
`},
		{File: "crypto/internal/fips140/cast.go", Old: `func PCT(name string, f func() error) {
	if strings.ContainsAny(name, ",#=:") {
		panic("fips: invalid self-test name: " + name)
	}
	if !Enabled {
		return
	}

	err := f()
	if name == failfipscast {
		err = errors.New("simulated PCT failure")
	}
	if err != nil {
		fatal("FIPS 140-3 self-test failed: " + name + ": " + err.Error())
		panic("unreachable")
	}
	if debug {
		println("FIPS 140-3 PCT passed:", name)
	}
}
`, New: `func PCT(name string, f func() error) {}
`},
		{File: "crypto/internal/fips140/cast.go", Old: `	"errors"
	"strings"
`, New: ""},
	},
}
