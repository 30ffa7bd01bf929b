package levers

var idna = Lever{
	Name:    "idna",
	What:    "host names that are not ASCII, in net/http and what it vendors",
	Relies:  "the appliance asks no other for such a name; the grammar of image references knows only ASCII, and a registry redirects to a URI, which is ASCII",
	MadeFor: []string{"go1.26"},
	Edits: []Edit{
		{File: "net/http/request.go", Old: `	return idna.Lookup.ToASCII(v)
`, New: `	return "", errors.New("only ASCII host names are known here")
`},
		{File: "net/http/request.go", Old: `	"golang.org/x/net/idna"
`, New: ""},
		{File: "vendor/golang.org/x/net/http/httpguts/httplex.go", Old: `	host, err = idna.ToASCII(host)
`, New: `	err = &net.AddrError{Err: "only ASCII host names are known here", Addr: v}
`},
		{File: "vendor/golang.org/x/net/http/httpguts/httplex.go", Old: `	"golang.org/x/net/idna"
`, New: ""},
		{File: "vendor/golang.org/x/net/http/httpproxy/proxy.go", Old: `	return idna.Lookup.ToASCII(v)
`, New: `	return "", errors.New("only ASCII host names are known here")
`},
		{File: "vendor/golang.org/x/net/http/httpproxy/proxy.go", Old: `	"golang.org/x/net/idna"
`, New: ""},
	},
	Fails: []string{
		"net/http.TestTransportIDNA",
	},
}
