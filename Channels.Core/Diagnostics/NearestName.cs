namespace Channels;

/// <summary>Finds what somebody probably meant who has misspelt a name.</summary>
internal static class NearestName
{
    /// <summary>The end of a complaint: <c>; did you mean 'port'?</c>, or a full stop when no name is near.</summary>
    public static string Hint(string text, IEnumerable<string> names) => Find(text, names) is { } name ? $"; did you mean '{name}'?" : ".";

    /// <summary>The name that takes the fewest slips of the pen to become the text, one for every three letters at most; null when none is so near.</summary>
    public static string? Find(string text, IEnumerable<string> names) => names
        .Select(name => (Name: name, Slips: Distance(text, name)))
        .Where(candidate => candidate.Slips <= Math.Max(1, candidate.Name.Length / 3))
        .OrderBy(candidate => candidate.Slips)
        .Select(candidate => candidate.Name)
        .FirstOrDefault();

    // Letters missing, added, changed, or two of them swapped (optimal string alignment); case does not count.
    private static int Distance(string left, string right)
    {
        if (Math.Abs(left.Length - right.Length) > right.Length)
        {
            return int.MaxValue; // whatever somebody has pasted: no table of its size is made
        }

        var table = new int[left.Length + 1, right.Length + 1];
        for (var i = 0; i <= left.Length; i++)
        {
            for (var j = 0; j <= right.Length; j++)
            {
                table[i, j] = i == 0 ? j : j == 0 ? i : Step(table, left, right, i, j);
            }
        }

        return table[left.Length, right.Length];
    }

    private static int Step(int[,] table, string left, string right, int i, int j)
    {
        var changed = table[i - 1, j - 1] + (Same(left[i - 1], right[j - 1]) ? 0 : 1);
        var least = Math.Min(changed, Math.Min(table[i - 1, j], table[i, j - 1]) + 1);
        return i > 1 && j > 1 && Same(left[i - 1], right[j - 2]) && Same(left[i - 2], right[j - 1])
            ? Math.Min(least, table[i - 2, j - 2] + 1)
            : least;
    }

    private static bool Same(char left, char right) => char.ToUpperInvariant(left) == char.ToUpperInvariant(right);
}
