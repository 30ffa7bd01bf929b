package levers

var noproxy = Lever{
	Name:    "noproxy",
	What:    "the proxy rules that http.DefaultTransport reads from the environment",
	Relies:  "nothing here uses http.DefaultTransport",
	MadeFor: []string{"go1.26"},
	Absent:  httpClient,
	Edits: []Edit{
		{File: "net/http/transport.go", Old: "\tProxy: ProxyFromEnvironment,\n", New: ""},
	},
}
