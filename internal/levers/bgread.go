package levers

var bgread = Lever{
	Name:    "bgread",
	What:    "the goroutine that reads from the connection while a handler runs, to notice a client that leaves",
	Relies:  "no handler here asks Request.Context or http.CloseNotifier whether its client has left",
	MadeFor: []string{"go1.26"},
	Absent: []string{
		".Context",
		"net/http.CloseNotifier",
	},
	Edits: []Edit{
		{File: "net/http/server.go", Old: `		if requestBodyRemains(req.Body) {
			registerOnHitEOF(req.Body, w.conn.r.startBackgroundRead)
		} else {
			w.conn.r.startBackgroundRead()
		}

`, New: ""},
	},
	Fails: []string{
		"net/http.TestClientTimeout", "net/http.TestClientTimeoutKillsConn_BeforeHeaders", "net/http.TestCloseNotifier",
		"net/http.TestHijackBeforeRequestBodyRead", "net/http.TestServerRequestContextCancel_ConnClose",
	},
	Unsteady: []string{"net/http.TestTransportAndServerSharedBodyRace"}, // its handler waits until a client has left
}
