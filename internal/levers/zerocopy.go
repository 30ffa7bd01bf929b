package levers

var zerocopy = Lever{
	Name:    "zerocopy",
	What:    "sendfile, splice and copy_file_range",
	Relies:  "nothing here copies between a file and a connection; io.Copy works as before, through memory",
	MadeFor: []string{"go1.26"},
	Edits: []Edit{
		{File: "os/file.go", Old: "n, handled, e := f.readFrom(r)", New: "n, handled, e := int64(0), false, error(nil)"},
		{File: "os/file.go", Old: "n, handled, e := f.writeTo(w)", New: "n, handled, e := int64(0), false, error(nil)"},
		{File: "net/tcpsock_posix.go", Old: `	if n, err, handled := spliceFrom(c.fd, r); handled {
		return n, err
	}
	if n, err, handled := sendFile(c.fd, r); handled {
		return n, err
	}
`, New: ""},
		{File: "net/tcpsock_posix.go", Old: `	if n, err, handled := spliceTo(w, c.fd); handled {
		return n, err
	}
`, New: ""},
	},
	Fails: []string{
		"net.TestSendfile", "net.TestSendfileParts", "net.TestSendfileSeeked", "net.TestSendfileWithExactLimit",
		"net.TestSendfileWithLimitLargerThanFile", "net.TestSplice", "net/http.TestLinuxSendfile",
	},
}
