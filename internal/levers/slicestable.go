package levers

var slicestable = Lever{
	Name:    "slicestable",
	What:    "sort.SliceStable, which sorts by reflection, in the choice of a TLS group",
	Relies:  "a stable partition of at most a few groups gives the same order",
	MadeFor: []string{"go1.26"},
	Edits: []Edit{
		{File: "crypto/tls/handshake_server_tls13.go", Old: `	sort.SliceStable(preferredGroups, func(i, j int) bool {
		return hasKeyShare(preferredGroups[i]) && !hasKeyShare(preferredGroups[j])
	})
	sort.SliceStable(preferredGroups, func(i, j int) bool {
		return isPQKeyExchange(preferredGroups[i]) && !isPQKeyExchange(preferredGroups[j])
	})
`, New: `	stableFirst(preferredGroups, hasKeyShare)
	stableFirst(preferredGroups, isPQKeyExchange)
`},
		{File: "crypto/tls/handshake_server_tls13.go", Old: "type echServerContext struct", New: `// stableFirst moves the groups that are first before the others.
func stableFirst(groups []CurveID, first func(CurveID) bool) {
	for i := range groups {
		for j := i; j > 0 && first(groups[j]) && !first(groups[j-1]); j-- {
			groups[j], groups[j-1] = groups[j-1], groups[j]
		}
	}
}

type echServerContext struct`},
		{File: "crypto/tls/handshake_server_tls13.go", Old: `	"sort"
`, New: ""},
	},
}
