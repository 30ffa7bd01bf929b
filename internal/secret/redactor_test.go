package secret

import "testing"

// The longest secret at a place is masked, also where it begins as another.
func TestRedactor(t *testing.T) {
	for _, tt := range []struct {
		secrets  []string
		in, want string
	}{
		{nil, "abcd", "abcd"},
		{[]string{"abcd"}, "", ""},
		{[]string{"abcd"}, "xabcdabcdx abc", "x********x abc"},
		{[]string{"abcd", "abcdef"}, "abcdef abcde abcd", "**** ****e ****"},
		{[]string{"abcd", "abcdefgh", "abcdefzz"}, "abcdefgz", "****efgz"},
		{[]string{"abcd", "abcdef", "abcdefzz", "abce"}, "abcdefzy abcdz abcez", "****zy ****z ****z"},
		{[]string{"line1-secret\nline2-secret", "abc"}, "line2-secret abc", "**** abc"},
		{[]string{"****", "x***"}, "x**** ****", "***** ****"},
	} {
		var r Redactor
		for _, s := range tt.secrets {
			r.Learn(s)
		}
		r.Ready()
		if got := r.Redact(tt.in); got != tt.want {
			t.Errorf("%q in %q: %q, want %q", tt.secrets, tt.in, got, tt.want)
		}
	}
}
