package roots

import (
	"crypto/x509/pkix"
	"fmt"
	"io"
	"strconv"
	"strings"
	"time"
)

// Report prints where trust comes from, how much of it, and what expires next;
// with list, every root.
func (s *Store) Report(w io.Writer, now time.Time, list bool) {
	for _, source := range s.Sources {
		name := source.Name
		if source.Why != "" {
			name += " (" + source.Why + ")"
		}
		fmt.Fprintf(w, "%4d roots  %s", source.Read, name)
		if source.Name == Embedded {
			fmt.Fprintf(w, ", Mozilla's of %s", Date)
		}
		if source.New < source.Read {
			fmt.Fprintf(w, ", %d of them not listed above", source.New)
		}
		fmt.Fprintln(w)
	}
	fmt.Fprintf(w, "%4d roots  trusted in all\n", len(s.Roots))
	if next, ok := s.NextToExpire(now); ok {
		fmt.Fprintf(w, "next to expire: %s %s\n", day(next.Certificate.NotAfter), Name(next.Certificate.Subject))
	}
	if !list {
		return
	}
	for _, root := range s.Roots {
		fmt.Fprintf(w, "%s  %x  %s  (%s", day(root.Certificate.NotAfter), root.SHA256[:], Name(root.Certificate.Subject), strings.Join(root.Sources, ", "))
		if !root.DistrustAfter.IsZero() {
			fmt.Fprintf(w, "; not for certificates issued after %s", day(root.DistrustAfter))
		}
		fmt.Fprintln(w, ")")
	}
}

func day(t time.Time) string { return t.UTC().Format(time.DateOnly) }

// Name renders a distinguished name, most specific part first, as RFC 4514 does
// but for its escapes. pkix.Name's own String would do it with reflection and
// 60 kB of encoding/asn1.
func Name(n pkix.Name) string {
	var b strings.Builder
	for i := len(n.Names) - 1; i >= 0; i-- {
		part := n.Names[i]
		value, _ := part.Value.(string)
		if b.Len() > 0 {
			b.WriteByte(',')
		}
		b.WriteString(attribute(part.Type.String()))
		b.WriteByte('=')
		b.WriteString(strings.Map(printable, value))
	}
	return b.String()
}

// printable keeps a certificate from writing to a terminal what isn't text.
func printable(r rune) rune {
	if strconv.IsPrint(r) {
		return r
	}
	return '?'
}

// attribute names the attribute types that names of authorities are made of.
func attribute(oid string) string {
	switch oid {
	case "2.5.4.3":
		return "CN"
	case "2.5.4.5":
		return "SERIALNUMBER"
	case "2.5.4.6":
		return "C"
	case "2.5.4.7":
		return "L"
	case "2.5.4.8":
		return "ST"
	case "2.5.4.10":
		return "O"
	case "2.5.4.11":
		return "OU"
	}
	return oid
}
