package usage

import (
	"fmt"
	"os"
	"strings"
)

// maxToken is the size of the largest file that is read as a token, in bytes.
const maxToken = 4096

// Token returns the token of the environment: CAP_TOKEN, or else the text of the file
// that CAP_TOKEN_FILE names, without white space at its ends. Containers get a secret as
// a file. The token is "" if neither is set. An empty file is an error, because it would
// mean that no token is needed.
func Token(getenv func(string) string) (string, error) {
	if token := getenv("CAP_TOKEN"); token != "" {
		return token, nil
	}
	file := getenv("CAP_TOKEN_FILE")
	if file == "" {
		return "", nil
	}
	text, err := os.ReadFile(file)
	if err != nil {
		return "", fmt.Errorf("CAP_TOKEN_FILE: %w", err)
	}
	token := strings.TrimSpace(string(text))
	if token == "" || len(token) > maxToken {
		return "", fmt.Errorf("CAP_TOKEN_FILE: %s holds no token: want 1 to %d bytes of text", file, maxToken)
	}
	return token, nil
}
