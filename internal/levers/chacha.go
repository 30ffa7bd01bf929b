package levers

var chacha = Lever{
	Name:    "chacha",
	What:    "the assembly of ChaCha20-Poly1305; the generic code stays",
	Relies:  "the generic code is the one of most platforms, as constant in time, and slower by half; AES comes first where the machine has instructions for it",
	MadeFor: []string{"go1.26"},
	Edits: []Edit{
		{File: "vendor/golang.org/x/crypto/chacha20poly1305/chacha20poly1305_amd64.go", Old: "//go:build gc && !purego\n", New: "//go:build ignore\n"},
		{File: "vendor/golang.org/x/crypto/chacha20poly1305/chacha20poly1305_amd64.s", Old: "//go:build gc && !purego\n", New: "//go:build ignore\n"},
		{File: "vendor/golang.org/x/crypto/chacha20poly1305/chacha20poly1305_noasm.go", Old: "//go:build !amd64 || !gc || purego\n\n", New: ""},
	},
}
