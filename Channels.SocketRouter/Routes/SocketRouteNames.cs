using System.Text;

namespace Channels.SocketRouter;

/// <summary>The rules from routes to methods and back.</summary>
public static class SocketRouteNames
{
    private const string Prefix = "On";

    /// <summary>The method that a route leads to in C#: <c>sayHello</c> and <c>say_hello</c> lead to <c>OnSayHello</c>.</summary>
    /// <param name="route">The route.</param>
    public static string ToMethod(string route)
    {
        ArgumentNullException.ThrowIfNull(route);
        var name = new StringBuilder(Prefix);
        var begins = true;
        foreach (var letter in route)
        {
            if (char.IsLetterOrDigit(letter))
            {
                name.Append(begins ? char.ToUpperInvariant(letter) : letter);
                begins = false;
            }
            else
            {
                begins = true;
            }
        }

        return name.ToString();
    }

    /// <summary>The method that a route leads to in the Python package: <c>sayHello</c> leads to <c>on_say_hello</c>. For porting, and to tell routes apart that a port would join.</summary>
    /// <param name="route">The route.</param>
    public static string ToPythonMethod(string route)
    {
        ArgumentNullException.ThrowIfNull(route);
        var name = new StringBuilder("on_");
        var before = '\0';
        foreach (var letter in route)
        {
            if (char.IsAsciiLetterUpper(letter) && char.IsAsciiLetterLower(before))
            {
                name.Append('_');
            }

            name.Append(char.ToLowerInvariant(letter));
            before = letter;
        }

        return name.ToString();
    }

    /// <summary>The route of a method that names none: <c>OnSayHello</c> and <c>OnSayHelloAsync</c> handle <c>sayHello</c>.</summary>
    /// <param name="method">The method.</param>
    public static string FromMethod(string method)
    {
        ArgumentNullException.ThrowIfNull(method);
        var name = method.StartsWith(Prefix, StringComparison.Ordinal) ? method[Prefix.Length..] : method;
        name = name.EndsWith("Async", StringComparison.Ordinal) ? name[..^"Async".Length] : name;
        return name.Length == 0 ? "" : char.ToLowerInvariant(name[0]) + name[1..];
    }
}
