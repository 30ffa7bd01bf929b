package levers

var sysroots = Lever{
	Name:    "sysroots",
	What:    "crypto/x509's own search for system roots",
	Relies:  "every tls.Config that verifies sets RootCAs, from internal/roots",
	MadeFor: []string{"go1.26"},
	Absent: []string{
		"crypto/x509.SystemCertPool",
		"crypto/x509.SetFallbackRoots",
	},
	Edits: []Edit{
		{File: "crypto/x509/root.go", Old: `	once.Do(initSystemRoots)
	systemRootsMu.RLock()`, New: `	systemRootsMu.RLock()`},
	},
	Fails: []string{"crypto/x509.TestFallback"},
}
