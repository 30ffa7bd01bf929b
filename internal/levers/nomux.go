package levers

var nomux = Lever{
	Name:    "nomux",
	What:    "http.DefaultServeMux",
	Relies:  "there is always a Handler",
	MadeFor: []string{"go1.26"},
	Absent: []string{
		"net/http.DefaultServeMux",
		"net/http.Handle",
		"net/http.HandleFunc",
		"net/http.ListenAndServe",
		"net/http.ListenAndServeTLS",
		"net/http.Serve",
		"net/http.ServeTLS",
	},
	Edits: []Edit{
		{File: "net/http/server.go", Old: `		handler = DefaultServeMux
`, New: `		panic("net/http: no Handler")
`},
	},
}
