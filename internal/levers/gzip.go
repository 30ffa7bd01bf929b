package levers

var gzip = Lever{
	Name:    "gzip",
	What:    "the HTTP client's gunzip",
	Relies:  "nothing here uses http.Transport",
	MadeFor: []string{"go1.26"},
	Absent:  httpClient,
	Edits: []Edit{
		{File: "net/http/transport.go", Old: "gzip.Reader", New: "noGzip", Times: 14},
		{File: "net/http/transport.go", Old: `	var r flate.Reader = eofReader{}
`, New: `	var r io.Reader = eofReader{}
`},
		{File: "net/http/transport.go", Old: `	"compress/flate"
	"compress/gzip"
`, New: ""},
		{File: "net/http/transport.go", Old: `type eofReader struct{}
`, New: `// noGzip stands for compress/gzip, which only a client would need.
type noGzip struct{ eofReader }

func (*noGzip) Reset(io.Reader) error { return errors.New("http: no gzip in this binary") }

type eofReader struct{}
`},
	},
	Fails: []string{
		"net/http.TestH12_AutoGzip", "net/http.TestH12_AutoGzipWithDumpResponse", "net/http.TestRoundTripGzip",
		"net/http.TestServeFileZippingResponseWriter", "net/http.TestTransportContentEncodingCaseInsensitive",
		"net/http.TestTransportGzip", "net/http.TestTransportGzipRecursive", "net/http.TestTransportGzipShort",
		"net/http.TestTransportReuseConnection_Gzip_Chunked",
		"net/http.TestTransportReuseConnection_Gzip_ContentLength",
	},
}
