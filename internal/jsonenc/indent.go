package jsonenc

// Indent appends JSON text to dst with a line for each member and element, two
// spaces for each level.
func Indent(dst, text []byte) []byte {
	level, quoted := 0, false
	newline := func() {
		dst = append(dst, '\n')
		for range level {
			dst = append(dst, ' ', ' ')
		}
	}
	for i := 0; i < len(text); i++ {
		c := text[i]
		switch {
		case quoted:
			if c == '\\' { // and what it escapes
				dst = append(dst, c)
				i++
				c = text[i]
			} else if c == '"' {
				quoted = false
			}
			dst = append(dst, c)
		case c == '{' || c == '[':
			dst = append(dst, c)
			if i+1 < len(text) && text[i+1] == c+2 { // the bracket that closes it
				i++
				dst = append(dst, text[i])
				continue
			}
			level++
			newline()
		case c == '}' || c == ']':
			level--
			newline()
			dst = append(dst, c)
		case c == ',':
			dst = append(dst, c)
			newline()
		case c == ':':
			dst = append(dst, c, ' ')
		default:
			quoted = c == '"'
			dst = append(dst, c)
		}
	}
	return dst
}
