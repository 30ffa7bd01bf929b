package roots

import (
	"fmt"
	"io"
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
		fmt.Fprintf(w, "next to expire: %s %s\n", day(next.Certificate.NotAfter), next.Certificate.Subject)
	}
	if !list {
		return
	}
	for _, root := range s.Roots {
		fmt.Fprintf(w, "%s  %s  (%s", day(root.Certificate.NotAfter), root.Certificate.Subject, strings.Join(root.Sources, ", "))
		if !root.DistrustAfter.IsZero() {
			fmt.Fprintf(w, "; not for certificates issued after %s", day(root.DistrustAfter))
		}
		fmt.Fprintln(w, ")")
	}
}

func day(t time.Time) string { return t.UTC().Format(time.DateOnly) }
