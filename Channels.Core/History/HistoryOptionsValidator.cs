using Microsoft.Extensions.Options;

namespace Channels;

/// <summary>Checks <see cref="HistoryOptions"/> when the host starts.</summary>
[OptionsValidator]
internal sealed partial class HistoryOptionsValidator : IValidateOptions<HistoryOptions>;
