package levers

var mime = Lever{
	Name:    "mime",
	What:    "reading /etc/mime.types",
	Relies:  "nothing here asks for the type of a file name",
	MadeFor: []string{"go1.26"},
	Absent: []string{
		"mime.TypeByExtension",
		"mime.ExtensionsByType",
		"mime.AddExtensionType",
	},
	Edits: []Edit{
		{File: "mime/type_unix.go", Old: `	osInitMime = initMimeUnix
`, New: `	osInitMime = func() {}
`},
	},
	Fails: []string{"mime.TestTypeByExtension"},
}
