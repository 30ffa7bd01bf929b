package levers

var ech = Lever{
	Name:    "ech",
	What:    "Encrypted Client Hello, and with it HPKE",
	Relies:  "no tls.Config here sets EncryptedClientHelloConfigList or EncryptedClientHelloKeys; a server without keys ignores the extension anyway",
	MadeFor: []string{"go1.26"},
	Absent: []string{
		".EncryptedClientHelloConfigList",
		".EncryptedClientHelloKeys",
		"crypto/hpke",
	},
	Edits: []Edit{
		{File: "crypto/tls/handshake_client.go", Old: `	if c.config.EncryptedClientHelloConfigList != nil {
		if c.config.MinVersion`, New: `	if c.config.EncryptedClientHelloConfigList != nil {
		return nil, nil, nil, errors.New("tls: Encrypted Client Hello is not in this binary")
		if c.config.MinVersion`},
		{File: "crypto/tls/handshake_client.go", Old: `
	if ech != nil {
		// Split`, New: `
	if false {
		// Split`},
		{File: "crypto/tls/handshake_client.go", Old: "c.config.EncryptedClientHelloConfigList != nil && !c.echAccepted", New: "false"},
		{File: "crypto/tls/handshake_client_tls13.go", Old: "hs.echContext != nil", New: "false", Times: 6},
		{File: "crypto/tls/handshake_server.go", Old: `	if len(clientHello.encryptedClientHello) != 0 {
		echKeys`, New: `	if false {
		echKeys`},
		{File: "crypto/tls/handshake_server_tls13.go", Old: "hs.echContext != nil", New: "false", Times: 3},
		{File: "crypto/tls/handshake_server_tls13.go", Old: "if len(echKeys) > 0 && len(hs.clientHello", New: "if false && len(hs.clientHello"},
	},
	Fails: []string{"crypto/tls.TestTLS13ECHRejectionCallbacks", "crypto/tls.TestECHTLS12Server", "crypto/tls.TestECH"},
}
