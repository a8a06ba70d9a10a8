using Microsoft.CodeAnalysis.CSharp;

namespace Channels.Generators;

/// <summary>Writes the generated part of a record with [Message]: the members of <c>ITypedMessage</c>.</summary>
internal sealed class MessageWriter : PartWriter
{
    public static string Write(MessageModel model)
    {
        var writer = new MessageWriter();
        return writer.WritePart(model.Place, "CS0612, CS0618 // the record may be obsolete", $" : global::Channels.ITypedMessage<{model.FullName}>", () => writer.WriteMembers(model));
    }

    private void WriteMembers(MessageModel model)
    {
        var modifiers = model.HidesBase ? "public static new" : "public static";
        InheritDoc();
        Line($"{modifiers} string MessageType => {SymbolDisplay.FormatLiteral(model.MessageType, quote: true)};");
        Line("");
        InheritDoc();
        Line($"{modifiers} global::System.Text.Json.Serialization.Metadata.JsonTypeInfo<{model.FullName}> MessageTypeInfo => {model.Contract};");
    }
}
