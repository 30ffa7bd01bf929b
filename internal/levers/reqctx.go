package levers

var reqctx = Lever{
	Name:    "reqctx",
	What:    "a context for each request; it is the connection's",
	Relies:  "no handler here starts anything that ends with Request.Context",
	MadeFor: []string{"go1.26"},
	Absent: []string{
		".Context",
	},
	Edits: []Edit{
		{File: "net/http/server.go", Old: `	ctx, cancelCtx := context.WithCancel(ctx)
	req.ctx = ctx
`, New: `	cancelCtx := func() {}
	req.ctx = ctx
`},
	},
	Fails: []string{
		"net/http.TestServerRequestContextCancel_ServeHTTPDone",
	},
}
