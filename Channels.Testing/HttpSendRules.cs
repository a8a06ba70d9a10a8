namespace Channels.Testing;

/// <summary>The rules of an HTTP response, as every server enforces them.</summary>
internal sealed class HttpSendRules(string method) : SendRules
{
    private readonly HttpRules _rules = new(method);

    /// <inheritdoc/>
    public override bool EndIsFinal => _rules.EndedEarly;

    /// <inheritdoc/>
    public override bool DisconnectRepeats => true;

    /// <inheritdoc/>
    public override Event? Check(Event message)
    {
        _rules.Check(message);
        _rules.Advance(message);
        return _rules.End;
    }
}
