package levers

var replacer = Lever{
	Name:    "replacer",
	What:    "strings.NewReplacer in net/http, for one replacement of newlines",
	Relies:  "the replacement is written out",
	MadeFor: []string{"go1.26"},
	Edits: []Edit{
		{File: "net/http/header.go", Old: `var headerNewlineToSpace = strings.NewReplacer("\n", " ", "\r", " ")`, New: `var headerNewlineToSpace newlineToSpace

type newlineToSpace struct{}

func (newlineToSpace) Replace(s string) string {
	for i := 0; i < len(s); i++ {
		if s[i] == '\n' || s[i] == '\r' {
			b := []byte(s)
			for ; i < len(b); i++ {
				if b[i] == '\n' || b[i] == '\r' {
					b[i] = ' '
				}
			}
			return string(b)
		}
	}
	return s
}`},
	},
}
