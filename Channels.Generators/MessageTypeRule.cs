using System.Text;

namespace Channels.Generators;

/// <summary>What a message type may look like, and how it follows from a method's name.</summary>
internal static class MessageTypeRule
{
    private const int MaxLength = 200;
    private static readonly string[] ReservedPrefixes = ["websocket.", "http.", "lifespan.", "connection."];

    public static bool IsValid(string type) =>
        type.Length is > 0 and <= MaxLength && char.IsLetterOrDigit(type[0]) && !type.Any(c => char.IsWhiteSpace(c) || char.IsControl(c));

    public static bool IsReserved(string type) => ReservedPrefixes.Any(prefix => type.StartsWith(prefix, StringComparison.Ordinal));

    /// <summary><c>ChatMessageAsync</c> and <c>chat_message</c> give <c>chat.message</c>; a run of capitals is one word.</summary>
    public static string FromMethodName(string name)
    {
        const string suffix = "Async";
        var end = name.Length > suffix.Length && name.EndsWith(suffix, StringComparison.Ordinal) ? name.Length - suffix.Length : name.Length;
        var type = new StringBuilder(end + 4);
        for (var i = 0; i < end; i++)
        {
            if (name[i] == '_')
            {
                continue;
            }

            if (type.Length > 0 && BeginsWord(name, i, end))
            {
                type.Append('.');
            }

            type.Append(char.ToLowerInvariant(name[i]));
        }

        return type.ToString();
    }

    private static bool BeginsWord(string name, int i, int end) =>
        name[i - 1] == '_'
        || (char.IsUpper(name[i]) && (!char.IsUpper(name[i - 1]) || (i + 1 < end && char.IsLower(name[i + 1]))));
}
