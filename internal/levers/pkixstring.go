package levers

var pkixstring = Lever{
	Name:    "pkixstring",
	What:    "the encoder of ASN.1, in how pkix prints an attribute of a type that it has no name for: as its value",
	Relies:  "nothing here prints a pkix.Name or pkix.RDNSequence: internal/roots.Name does it",
	MadeFor: []string{"go1.26"},
	Edits: []Edit{
		{File: "crypto/x509/pkix/pkix.go", Old: `			if !ok {
				derBytes, err := asn1.Marshal(tv.Value)
				if err == nil {
					s += oidString + "=#" + hex.EncodeToString(derBytes)
					continue // No value escaping necessary.
				}

				typeName = oidString
			}
`, New: `			if !ok {
				typeName = oidString
			}
`},
		{File: "crypto/x509/pkix/pkix.go", Old: `	"encoding/hex"
`, New: ""},
	},
	Fails: []string{"crypto/x509.TestPKIXNameString"},
}
