package levers

var quic = Lever{
	Name:    "quic",
	What:    "TLS for QUIC",
	Relies:  "nothing here calls tls.QUICClient or tls.QUICServer",
	MadeFor: []string{"go1.26"},
	Absent: []string{
		"crypto/tls.QUICClient",
		"crypto/tls.QUICServer",
		"crypto/tls.QUICConfig",
	},
	Edits: []Edit{
		{File: "crypto/tls/conn.go", Old: "c.quic != nil", New: "false", Times: 8},
		{File: "crypto/tls/handshake_client.go", Old: "c.quic != nil", New: "false", Times: 2},
		{File: "crypto/tls/handshake_client.go", Old: "c.quic == nil", New: "true"},
		{File: "crypto/tls/handshake_client_tls13.go", Old: "hs.c.quic != nil", New: "false"},
		{File: "crypto/tls/handshake_client_tls13.go", Old: "c.quic != nil", New: "false", Times: 7},
		{File: "crypto/tls/handshake_server_tls13.go", Old: "hs.c.quic != nil", New: "false", Times: 2},
		{File: "crypto/tls/handshake_server_tls13.go", Old: "c.quic != nil", New: "false", Times: 8},
	},
}
