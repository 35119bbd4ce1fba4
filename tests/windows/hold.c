/* Holds a file open as a scanner or a viewer does, so that others may only do with it what is said, until another file appears:
 *
 *     hold.exe FILE MAY UNTIL        MAY: r others may read, w write, d rename and remove; - nothing
 *
 * Prints "held" when it has it. A minute is the longest. Built by wine.sh, for it. */
#include <stdio.h>
#include <string.h>
#include <wchar.h>
#include <windows.h>

int wmain(int count, wchar_t **word)
{
    if (count != 4)
        return 2;
    DWORD may = 0;
    if (wcschr(word[2], L'r'))
        may |= FILE_SHARE_READ;
    if (wcschr(word[2], L'w'))
        may |= FILE_SHARE_WRITE;
    if (wcschr(word[2], L'd'))
        may |= FILE_SHARE_DELETE;
    HANDLE file = CreateFileW(word[1], GENERIC_READ, may, NULL, OPEN_EXISTING, 0, NULL);
    if (file == INVALID_HANDLE_VALUE) {
        fprintf(stderr, "hold: error %lu\n", GetLastError());
        return 1;
    }
    puts("held");
    fflush(stdout);
    for (int i = 0; i < 600 && GetFileAttributesW(word[3]) == INVALID_FILE_ATTRIBUTES; i++)
        Sleep(100);
    CloseHandle(file);
    return 0;
}
