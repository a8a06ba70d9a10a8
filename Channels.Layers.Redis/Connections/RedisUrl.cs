namespace Channels.Layers.Redis;

/// <summary>An entry of the host list in URL form, taken apart, without its scheme: <c>user:password@servers/path?name=value</c>.</summary>
internal sealed class RedisUrl
{
    private readonly Dictionary<string, string> _query = new(StringComparer.Ordinal);

    /// <param name="text">What follows <c>://</c>.</param>
    /// <param name="known">The parameters that may stand behind the question mark.</param>
    /// <exception cref="ArgumentException">A parameter is unknown or comes twice.</exception>
    public RedisUrl(string text, params string[] known)
    {
        var (address, query) = text.Split('?', 2) is [var before, var after] ? (before, after) : (text, "");
        foreach (var pair in query.Split('&', StringSplitOptions.RemoveEmptyEntries))
        {
            var (name, value) = pair.Split('=', 2) is [var left, var right] ? (left, right) : (pair, "");
            if (!known.Contains(name))
            {
                throw Unknown("parameter", name, known);
            }

            if (value.Length > 0 && !_query.TryAdd(name, Uri.UnescapeDataString(value))) // redis-py takes one without a value for one that is not there
            {
                throw new ArgumentException($"its parameter '{name}' stands there twice.");
            }
        }

        var at = address.LastIndexOf('@');
        if (at >= 0)
        {
            var (user, password) = address[..at].Split(':', 2) is [var left, var right] ? (left, right) : (address[..at], "");
            User = user.Length == 0 ? null : Uri.UnescapeDataString(user);
            Password = password.Length == 0 ? null : Uri.UnescapeDataString(password);
        }

        (Servers, Path) = address[(at + 1)..].Split('/', 2) is [var servers, var path] ? (servers, path) : (address[(at + 1)..], "");
    }

    /// <summary>The complaint about a name that is not known.</summary>
    public static ArgumentException Unknown(string kind, string name, string[] known)
    {
        // What does not look like a name may be a part of a password.
        var isName = name.All(character => char.IsAsciiLetterOrDigit(character) || character == '_');
        return new($"{(isName ? $"its {kind} '{name}'" : $"a {kind} of it")} is unknown{(isName ? NearestName.Hint(name, known) : ".")} Known are: {string.Join(", ", known)}.");
    }

    /// <summary>The user in front of the servers; null when there is none, or an empty one.</summary>
    public string? User { get; }

    /// <summary>The password in front of the servers, behind a colon; null when there is none, or an empty one.</summary>
    public string? Password { get; }

    public string Servers { get; }

    /// <summary>What follows the slash behind the servers.</summary>
    public string Path { get; }

    /// <summary>A parameter; null when it is not there, or has no value.</summary>
    public string? this[string name] => _query.GetValueOrDefault(name);
}
