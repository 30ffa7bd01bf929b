package levers

var regexpclass = Lever{
	Name:    "regexpclass",
	What:    `the tables of Unicode for \p{Greek} and the like in regular expressions`,
	Relies:  "the expressions of internal/secret have none; they are constants, compiled at the start, which fails otherwise",
	MadeFor: []string{"go1.26"},
	Absent:  []string{"regexp.Compile", "regexp.CompilePOSIX", "regexp.Match", "regexp.MatchReader", "regexp.MatchString"},
	Edits: []Edit{
		{File: "regexp/syntax/parse.go", Old: `	case "Assigned":
		return unicode.Cn, unicode.Cn, -1 // invert Cn (unassigned)
`, New: ""},
		{File: "regexp/syntax/parse.go", Old: `	case "Lc":
		return unicode.Categories["LC"], unicode.FoldCategory["LC"], +1
	}
	if t := unicode.Categories[name]; t != nil {
		return t, unicode.FoldCategory[name], +1
	}
	if t := unicode.Scripts[name]; t != nil {
		return t, unicode.FoldScript[name], +1
	}

	// unicode.CategoryAliases makes liberal use of underscores in its names
	// (they are defined that way by Unicode), but we want to match ignoring
	// the underscores, so make our own map with canonical names.
	categoryAliases.once.Do(initCategoryAliases)
	if actual := categoryAliases.m[name]; actual != "" {
		t := unicode.Categories[actual]
		return t, unicode.FoldCategory[actual], +1
	}
`, New: "\t}\n"},
	},
	Fails: []string{"regexp/syntax.TestParseSimple", "regexp/syntax.TestToStringEquivalentParse"},
}
