package audit

// checkDisagreements names the paths that engines unpack differently: what the
// other rules say of them holds for some engines only.
func checkDisagreements(a *auditor, found func(Finding)) {
	for _, d := range a.stack.Disagreements() {
		found(Finding{Layer: d.Layer() + 1, Path: "/" + d.Path(), Message: "engines disagree: " + d.Reason.String()})
	}
}
