// Each line of standard input is an Authorization header; each line of standard output what becomes of it.
package main

import (
	"bufio"
	"errors"
	"fmt"
	"os"
)

func main() {
	check := &CheckToken{Issuer: os.Args[1], Audience: os.Args[2], Algorithm: os.Args[3]}
	lines := bufio.NewScanner(os.Stdin)
	for lines.Scan() {
		claims, err := check.Check(lines.Text(), os.Args[4])
		var refused Refused
		if errors.As(err, &refused) {
			fmt.Println(refused.Status, refused.Code)
		} else if err != nil {
			fmt.Println(503)
		} else {
			fmt.Println(200, claims.ClientID)
		}
	}
}
