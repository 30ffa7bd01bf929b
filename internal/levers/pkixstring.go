package levers

var pkixstring = Lever{
	Name:    "pkixstring",
	What:    "two String methods of pkix, which every %v keeps alive with encoding/asn1",
	Relies:  "nothing here prints a pkix.Name or pkix.RDNSequence: internal/roots.Name does it",
	MadeFor: []string{"go1.26"},
	Edits: []Edit{
		{File: "crypto/x509/pkix/pkix.go", Old: "func (r RDNSequence) String() string", New: "func (r RDNSequence) asString() string"},
		{File: "crypto/x509/pkix/pkix.go", Old: "func (n Name) String() string", New: "func (n Name) asString() string"},
		{File: "crypto/x509/pkix/pkix.go", Old: "return rdns.String()", New: "return rdns.asString()"},
	},
}
