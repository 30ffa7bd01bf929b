package levers

var elfplain = Lever{
	Name:    "elfplain",
	What:    "sections compressed with zstd in debug/elf, and with them internal/zstd",
	Relies:  "compressed are the sections of a debugger, and internal/elfinfo reads none of them; zlib stays",
	MadeFor: []string{"go1.26"},
	Absent:  []string{".DWARF"},
	Edits: []Edit{
		{File: "debug/elf/file.go", Old: `	case COMPRESS_ZSTD:
		zrd = func(r io.Reader) (io.ReadCloser, error) {
			return io.NopCloser(zstd.NewReader(r)), nil
		}
`, New: ""},
		{File: "debug/elf/file.go", Old: `	"internal/zstd"
`, New: ""},
	},
}
