using System.Text;

namespace Channels;

/// <summary>
/// What a message may hold, checked when it is made and whatever the layer: what passes within one process would
/// otherwise fail only where a message has to leave it.
/// </summary>
internal static class MessageContent
{
    /// <summary>How deep lists and maps may be nested.</summary>
    public const int MaxDepth = 512;

    /// <summary>What types begin with that act on a connection, and no others.</summary>
    public const string ReservedPrefix = "connection.";

    /// <summary>The entry that holds a message's type between processes.</summary>
    public const string TypeEntry = "type";

    /// <summary>The entry in which layers name the receiving channels (channel layer specification).</summary>
    public const string AddressEntry = "__asgi_channel__";

    /// <summary>The entry in which layers name the channels that skip a group message.</summary>
    public const string ExceptEntry = "__channels_except__";

    /// <summary>The entry that tells where a message stands in the history of a group.</summary>
    public const string PositionEntry = "__channels_position__";

    /// <summary>The entry that makes a message a request, and tells where its answer is awaited.</summary>
    public const string RequestEntry = "__channels_request__";

    /// <summary>Why no entry may have this name; null when it may.</summary>
    public static string? FindNameProblem(string name) => name switch
    {
        TypeEntry => "its name is where messages keep their own type; give it another name",
        AddressEntry or ExceptEntry or PositionEntry or RequestEntry => "layers keep addresses under its name; give it another name",
        _ => null,
    };

    /// <summary>Why no message of the application's may have this type, as a sentence; null when it may.</summary>
    public static string? FindTypeProblem(string? type) =>
        string.IsNullOrEmpty(type) ? "It has no message type."
        : type.StartsWith(ReservedPrefix, StringComparison.Ordinal) ? $"'{HeaderText.Escape(type)}' begins with '{ReservedPrefix}', which is kept for messages that act on a connection; use another type, or ChannelMessage.{nameof(ChannelMessage.CloseConnection)}."
        : StrictUtf8.IsWellFormed(type) ? null
        : Torn($"The message type '{HeaderText.Escape(type)}'").Message;

    /// <exception cref="ArgumentException">No layer could carry the type or the content; the message names the entry.</exception>
    public static void ThrowIfUnsendable(string type, MessageMap fields)
    {
        if (FindTypeProblem(type) is { } typeProblem)
        {
            throw new ArgumentException(typeProblem, nameof(type));
        }

        foreach (var (name, value) in fields.Entries)
        {
            if (FindNameProblem(name) is { } problem)
            {
                throw new ArgumentException($"The entry '{name}' of a '{HeaderText.Escape(type)}' message cannot be sent: {problem}.", nameof(fields));
            }

            ThrowIfUnsendable(name, value, depth: 2); // the message is the first level
        }
    }

    /// <summary>The names of channels that skip a message, unchanged.</summary>
    /// <exception cref="ArgumentException">One can be no channel's name.</exception>
    public static IReadOnlyList<string> CheckExcept(IReadOnlyList<string> channels)
    {
        ArgumentNullException.ThrowIfNull(channels);
        for (var i = 0; i < channels.Count; i++)
        {
            if (channels[i] is not { } channel || !Ascii.IsValid(channel))
            {
                throw new ArgumentException($"'{HeaderText.Escape(channels[i])}' is no channel's name; {nameof(ChannelMessage.Except)} holds names as {nameof(ChannelInbox)}.{nameof(ChannelInbox.Name)} gives them.", nameof(channels));
            }
        }

        return channels;
    }

    /// <summary>The complaint about a text with half of a surrogate pair.</summary>
    public static ArgumentException Torn(string what) => new($"{what} holds half of a surrogate pair, which no text between processes can; remove it.");

    private static void ThrowIfUnsendable(string name, in MessageValue value, int depth)
    {
        if (!StrictUtf8.IsWellFormed(name))
        {
            throw Torn($"The name '{HeaderText.Escape(name)}' of an entry");
        }

        switch (value.Kind)
        {
            case MessageValueKind.Text when !StrictUtf8.IsWellFormed(value.GetText()):
                throw Torn($"The entry '{HeaderText.Escape(name)}'");
            case MessageValueKind.List:
                ThrowIfTooDeep(name, depth);
                var list = value.GetList();
                for (var i = 0; i < list.Count; i++)
                {
                    ThrowIfUnsendable(name, list[i], depth + 1);
                }

                break;
            case MessageValueKind.Map:
                ThrowIfTooDeep(name, depth);
                foreach (var (inner, below) in value.GetMap().Entries)
                {
                    ThrowIfUnsendable(inner, below, depth + 1);
                }

                break;
        }
    }

    private static void ThrowIfTooDeep(string name, int depth)
    {
        if (depth > MaxDepth)
        {
            throw new ArgumentException($"The entry '{HeaderText.Escape(name)}' nests more than {MaxDepth} lists and maps in each other. Flatten it.");
        }
    }
}
