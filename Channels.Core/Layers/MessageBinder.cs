using System.Text.Json.Serialization.Metadata;

namespace Channels;

/// <summary>Between typed records and maps, through the record's JSON contract.</summary>
internal static class MessageBinder
{
    public static MessageMap ToMap(object body, JsonTypeInfo contract) => throw new NotSupportedException(body.ToString() + contract);

    public static T FromMap<T>(MessageMap fields, JsonTypeInfo<T> contract) => throw new NotSupportedException(fields.ToString() + contract);
}
